"""Finding posts and treatment pages by their words: what is indexed, how it is looked for, and what is shown of it.

The index is kept in the transaction that changes the words. Who may see what it finds is ``community``'s to say.
"""
