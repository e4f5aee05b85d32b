"""One promise to the user each; they join the core and the adapters."""
