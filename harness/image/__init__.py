"""An environment as an OCI image: made, loaded, pushed."""
