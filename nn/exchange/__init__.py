"""Models that leave for other libraries, and come back: PyTorch, ONNX, safetensors."""
