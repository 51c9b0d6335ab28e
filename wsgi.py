"""The WSGI application for any server: ``granian --interface wsgi wsgi:app``, ``gunicorn wsgi:app``."""

import gc

from config import Settings
from forum.app import create_app
from forum.privacy.replaying import require_finished

settings = Settings.from_environ()
# Whichever server this is: what was deleted must not be served because a backup was put back.
require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
app = create_app(settings)

# What is here now stays as long as the process, so it is taken out of the collector's sight: walking through it made
# every page wait for a tenth of a second, every half minute. Templates would come later; now they are part of it.
for template in app.jinja_env.list_templates(extensions=["html"]):
    app.jinja_env.get_template(template)
gc.collect()
gc.freeze()
