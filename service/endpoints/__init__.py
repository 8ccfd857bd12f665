"""The endpoints, one noun per file. They translate; what happens stands elsewhere."""
