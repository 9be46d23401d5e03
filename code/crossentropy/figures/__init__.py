"""The book's figures: one module a chapter, each figure one function.

Every function computes what it draws with the package and returns a
:class:`~crossentropy.figures.theme.ThemedFigure`.
"""
