"""Who sees what, everywhere: in each thing that not everybody may see stands a word that is found nowhere else.

Every address, file, letter and index that there is is looked through for all of these words.

``readers`` says who may see what, in tables that are meant to be read by people and are worked out from no code;
``surfaces`` gives each address its row: which words it shows, by which table. ``stage`` makes the community and lets
things happen in it. A new address, letter or table of a copy gets one row; without one the test fails by its name.
"""
