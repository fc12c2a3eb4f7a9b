import NIOPosix

extension ThreadSpecificVariable {
    /// The value of the thread that asks; made where this is its first question.
    func value(orMake make: () -> Value) -> Value {
        if let value = currentValue { return value }
        let value = make()
        currentValue = value
        return value
    }
}
