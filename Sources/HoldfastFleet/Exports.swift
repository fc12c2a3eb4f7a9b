// So that `import HoldfastFleet` is all that a program needs: what its own declarations are made of comes with it.
@_exported public import HoldfastCore
@_exported public import HoldfastStore
@_exported public import HoldfastWire
