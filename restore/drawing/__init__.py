"""Pictures about images: contact sheets, attention."""
