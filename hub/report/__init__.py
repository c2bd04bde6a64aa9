"""The signed report as people see it: the ECG drawing, the PDF, its signature."""
