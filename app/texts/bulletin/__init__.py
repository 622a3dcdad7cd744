"""The bulletins: monthly by field and by partner, weekly, daily; as HTML, DOCX and PDF."""
