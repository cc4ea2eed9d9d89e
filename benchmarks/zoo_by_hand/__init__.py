"""Programs of the compiler's zoo (tests/compiler/zoo), written by hand in NumPy, a module a field.

A rival is named as its program's key. It takes the parameters, a list of arrays in the order in
which the program names them, and the batch, an array for each input. It returns the mean loss and
its gradients, shaped as the parameters are. Nothing is kept between calls.

All keep examples in the last axis, so that what runs over features, tokens or states runs over long
rows; x.T of a batch (n, tokens, features) is (features, tokens, n). Matrices that meet the same
input are one below the other, results go where their operands were, and constants are folded into
weights. What runs in steps (a recurrent network, a filter, an equation in time) runs in the same
steps here: this compares ways to write a program, and not one algorithm with another. So the steps
of the heat equation and of the Kalman filter, which are linear, are not multiplied out beforehand.
"""
