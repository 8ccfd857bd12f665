"""Shapes of what comes in and goes out, as the OpenAPI document shows them."""
