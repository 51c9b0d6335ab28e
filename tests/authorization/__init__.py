"""Who reaches what: every route, every kind of person, every state of what the route is about.

``matrix`` says what is expected and is meant to be read by people, ``routes`` gives each route its table, its form and
its address, ``people`` and ``community`` are who asks and for what, in the states that ``states`` lists, and ``stage``
puts the database back after a request that changed it. A new route gets a line in ``routes``, and a table in
``matrix`` if none fits.
"""
