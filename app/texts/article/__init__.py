"""The portal article: composed from fields by the sentence kit, written as HTML, DOCX, plain text and JSON-LD."""
