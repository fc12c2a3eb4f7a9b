extension Fault: ScriptedFault {
    init(json: JSONTree, at place: String) throws(InvalidInput) {
        var fields = try JSONFields(json, at: place)
        guard let name = try fields.string("fault") else {
            throw InvalidInput(at: fields.place(of: "fault"), "is missing")
        }
        guard let kind = Kind(rawValue: name) else {
            throw InvalidInput(at: fields.place(of: "fault"), "\"\(name)\" is unknown; \(Self.help(insteadOf: name))")
        }
        self.kind = kind
        code = try fields.integer("code", in: 0...4_999)
        terms = try FaultTerms(takenFrom: &fields)
        try fields.finish()
    }

    func json() -> JSONTree {
        var fields = terms.jsonFields()
        fields["fault"] = .string(kind.rawValue)
        fields["code"] = code.map { .number(Double($0)) }
        return .object(fields)
    }

    func validate(at place: String) throws(InvalidInput) {
        try terms.validate(at: place)
        guard let code else { return }
        switch kind {
        case .close, .expireToken:
            // RFC 6455 §7.4.1: below 1000 there are none, and four codes only exist inside an endpoint.
            guard (1_000...4_999).contains(code), ![1_004, 1_005, 1_006, 1_015].contains(code) else {
                throw InvalidInput(
                    at: "\(place).code",
                    "\(code) cannot be sent; allowed are 1000 to 4999 without 1004, 1005, 1006 and 1015")
            }
        case .rejectRegister:
            guard code != 200, (100...4_999).contains(code) else {
                throw InvalidInput(at: "\(place).code", "\(code) rejects nothing; allowed are 100 to 4999 without 200")
            }
        default: break
        }
    }

    private static func help(insteadOf name: String) -> String {
        if LoginFault.Kind(rawValue: name) != nil { return "it is a fault of the login server: PUT /login/faults" }
        return "known are \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
