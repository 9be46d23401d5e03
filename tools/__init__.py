"""What the Makefile calls: the environment, the book's build, its server."""
