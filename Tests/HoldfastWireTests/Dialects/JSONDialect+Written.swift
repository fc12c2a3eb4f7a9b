import HoldfastFuzzTargets
import HoldfastWire

/// A dialect of these settings, for an account of that id.
func jsonDialect(_ written: WrittenOptions.Value, accountID: String = "shop-1") -> JSONDialect {
    JSONDialect.read(WrittenOptions(written), over: nil, accountID: accountID)
}

/// What is wrong with these settings.
func jsonProblems(_ written: WrittenOptions.Value) -> [String] {
    let options = WrittenOptions(written)
    _ = JSONDialect.read(options, over: nil, accountID: "shop-1")
    return options.reported
}
