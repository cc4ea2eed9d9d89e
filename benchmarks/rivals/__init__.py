"""The problems of ../problems.py, written by hand for other libraries, one module a library.

A function is named as its problem's `rival`. It takes the parameters as arrays (of a layer the
weights, one row a neuron, then the biases) and gives a function of a batch (X, Y) that returns the
loss and the gradients, as arrays shaped as the parameters are. All is in float64.
"""
