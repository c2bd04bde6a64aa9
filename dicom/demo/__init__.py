"""The demo's studies: real pictures and ECGs under invented names, sent as a township sends them."""
