"""What the community's settings hold about people: which administrator changed them."""

from forum.community_settings.models import CommunitySettings
from forum.database.personal_data import NOT_PERSONAL, Held, kept

HELD: tuple[Held, ...] = (
    Held(
        CommunitySettings,
        "A version of the community's settings.",
        {
            **dict.fromkeys(
                ("id", "sign_up", "read_only", "announcement", "contact", "changed_at"), NOT_PERSONAL
            ),
            "changed_by": kept("A number that leads to nobody once they are erased.", exported=False),
        },
    ),
)
