"""The surface for people: server-rendered pages, Vietnamese first, English under /en."""
