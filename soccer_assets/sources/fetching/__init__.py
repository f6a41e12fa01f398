"""How an address is asked: the client, its transport, the circuit breaker, checks of the response."""
