/// A fault of the gateway or of its login server, as a list of faults sees it.
protocol ScriptedFault: Hashable, Sendable {
    var terms: FaultTerms { get set }

    /// Reads one entry of a list in the control API.
    init(json: JSONTree, at place: String) throws(InvalidInput)

    /// The entry as the control API writes it.
    func json() -> JSONTree

    /// Throws if something is outside what is allowed; `place` names the entry in the error.
    func validate(at place: String) throws(InvalidInput)
}

extension ScriptedFault {
    /// Reads a whole list; `place` is its name in the error (`faults`).
    static func list(_ json: JSONTree, at place: String) throws(InvalidInput) -> [Self] {
        guard case .array(let entries) = json else { throw InvalidInput(at: place, "must be a list, is \(json.kind)") }
        var faults: [Self] = []
        for (index, entry) in entries.enumerated() {
            faults.append(try Self(json: entry, at: "\(place)[\(index)]"))
        }
        try validate(faults, at: place)
        return faults
    }

    static func validate(_ faults: [Self], at place: String) throws(InvalidInput) {
        guard faults.count <= FaultTerms.maxFaults else {
            throw InvalidInput(at: place, "has \(faults.count) entries; allowed are \(FaultTerms.maxFaults)")
        }
        for (index, fault) in faults.enumerated() {
            try fault.validate(at: "\(place)[\(index)]")
        }
    }
}
