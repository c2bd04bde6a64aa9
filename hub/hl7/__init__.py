"""HL7 version 2: orders that a hospital information system sends by MLLP."""
