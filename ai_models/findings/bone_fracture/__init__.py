"""Fractures on films of limbs, hip and shoulder."""
