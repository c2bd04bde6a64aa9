"""What a picture is, from header and pixels together: a model reads nothing that it was not made for."""
