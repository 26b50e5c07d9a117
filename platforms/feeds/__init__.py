"""What a platform's own machines send over HTTP: who they are, their bodies, their lines."""
