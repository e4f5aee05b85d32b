"""Every output built again under moved conditions, compared bit for bit; causes named."""
