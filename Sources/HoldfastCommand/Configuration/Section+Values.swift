/// Reading single values. Each of these takes the value that is in force so far, which is also what the reference of all keys
/// shows as the default, and replaces it if the key is there and right.
extension Section {
    /// A time with a unit.
    func duration(_ key: String, _ value: inout Duration, in range: ClosedRange<Duration>) {
        var allowed: String { "\(Units.text(range.lowerBound)) to \(Units.text(range.upperBound))" }
        describe(key, "duration", preset: Units.text(value), allowed)
        guard let (raw, text) = scalar(key) else { return }
        do throws(Units.Mistake) {
            let duration = try Units.duration(text)
            guard range.contains(duration) else { return outOfRange(key, raw, allowed) }
            value = duration
        } catch {
            reportUnit(key, raw, error, isNot: "a duration", write: Units.durationForms)
        }
    }

    /// A number of bytes with a unit.
    func size(_ key: String, bytes value: inout Int, in range: ClosedRange<Int>) {
        var size: Int? = value
        self.size(key, bytes: &size, in: range)
        value = size ?? value
    }

    func size(_ key: String, bytes value: inout Int?, in range: ClosedRange<Int>) {
        var allowed: String {
            "\(Units.text(sizeBytes: range.lowerBound)) to \(Units.text(sizeBytes: range.upperBound))"
        }
        describe(key, "size", preset: value.map { Units.text(sizeBytes: $0) } ?? "none", allowed)
        guard let (raw, text) = scalar(key) else { return }
        do throws(Units.Mistake) {
            let size = try Units.sizeBytes(text)
            guard range.contains(size) else { return outOfRange(key, raw, allowed) }
            value = size
        } catch {
            reportUnit(key, raw, error, isNot: "a size", write: Units.sizeForms)
        }
    }

    /// A whole number.
    func count(_ key: String, _ value: inout Int, in range: ClosedRange<Int>) {
        var allowed: String { "\(range.lowerBound) to \(range.upperBound)" }
        describe(key, "number", preset: "\(value)", allowed)
        guard let (raw, text) = scalar(key) else { return }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), !text.isEmpty else {
            return report(key, "\"\(Self.printable(raw))\" is not a whole number", "allowed: \(allowed)")
        }
        guard let number = Int(text), range.contains(number) else { return outOfRange(key, raw, allowed) }
        value = number
    }

    /// A number that may have a fraction, such as 0.5.
    func number(_ key: String, _ value: inout Double, in range: ClosedRange<Double>) {
        func text(_ number: Double) -> String { number == number.rounded() ? "\(Int(number))" : "\(number)" }
        var allowed: String { "\(text(range.lowerBound)) to \(text(range.upperBound))" }
        describe(key, "number", preset: text(value), allowed)
        guard let (raw, written) = scalar(key) else { return }
        let isPlain = written.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
        }
        guard isPlain, let number = Double(written) else {
            return report(key, "\"\(Self.printable(raw))\" is not a number", "allowed: \(allowed)")
        }
        guard range.contains(number) else { return outOfRange(key, raw, allowed) }
        value = number
    }

    /// `true` or `false`.
    func flag(_ key: String, _ value: inout Bool) {
        describe(key, "true or false", preset: "\(value)")
        guard let (raw, text) = scalar(key) else { return }
        switch text {
        case "true": value = true
        case "false": value = false
        default: report(key, "\"\(Self.printable(raw))\" is neither true nor false", "allowed: true, false")
        }
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ value: inout Choice)
    where Choice.RawValue == String {
        var word = value.rawValue
        choice(key, &word, among: Choice.allCases.map(\.rawValue))
        value = Choice(rawValue: word) ?? value
    }

    /// One of a few words.
    func choice(_ key: String, _ value: inout String, among choices: @autoclosure () -> [String]) {
        var allowed: String { choices().joined(separator: ", ") }
        describe(key, "choice", preset: value, allowed)
        guard let (raw, text) = scalar(key) else { return }
        guard choices().contains(text) else {
            let near = NearestKey.of(text, among: choices()).map { "did you mean \($0)? " } ?? ""
            return report(key, "\"\(Self.printable(raw))\" is not known", "\(near)allowed: \(allowed)")
        }
        value = text
    }

    /// Text of any kind, with `${X}` put in. It may be secret, so no message shows it. Nil if it is not there or wrong.
    func text(_ key: String, preset: String = "none", allowed: String = "") -> String? {
        describe(key, "text", preset: preset, allowed)
        guard let (_, text) = scalar(key, isOptional: true) else { return nil }
        guard !text.isEmpty else {
            report(key, "is empty", "write a value, or leave the key out")
            return nil
        }
        return text
    }

    /// Notes a key for the reference of all keys, if one is being made.
    func describe(
        _ key: String, _ kind: String, preset: @autoclosure () -> String, _ allowed: @autoclosure () -> String = ""
    ) {
        reading.reference?.add(name(of: key), kind: kind, preset: preset(), allowed: allowed())
    }

    /// The text of a single value: as written, for messages, and with the environment put in.
    ///
    /// Messages show the text as written, so what a variable holds is never printed.
    /// - Parameter isOptional: whether `null` is allowed, for "none".
    private func scalar(_ key: String, isOptional: Bool = false) -> (raw: String, text: String)? {
        guard let node = node(key) else { return nil }
        switch node.content {
        case .scalar(let raw, let expands):
            guard expands else { return (raw, raw) }
            guard let text = expanded(raw, at: node.place, key: name(of: key)) else { return nil }
            return (raw, text)
        case .null:
            if !isOptional { report(key, "has no value", "write one, or leave the key out for the default") }
            return nil
        case .list, .mapping:
            report(key, "is \(node.kind)", "a single value is needed here")
            return nil
        }
    }

    /// Puts in the environment, or reports why that is not possible.
    func expanded(_ raw: String, at place: Place, key: String) -> String? {
        do throws(Expansion.Mistake) {
            return try Expansion.expand(raw, environment: reading.environment)
        } catch {
            switch error {
            case .unset(let name):
                reading.report(
                    "the environment variable \(name) is not set", at: place, key: key,
                    "set it, or write the value here")
            case .strayDollar:
                reading.report(
                    "a dollar sign stands alone", at: place, key: key,
                    "write ${NAME} for an environment variable, or $$ for a dollar sign")
            }
            return nil
        }
    }

    private func outOfRange(_ key: String, _ raw: String, _ allowed: String) {
        report(key, "\"\(Self.printable(raw))\" is out of range", "allowed: \(allowed)")
    }

    private func reportUnit(
        _ key: String, _ raw: String, _ mistake: Units.Mistake, isNot kind: String, write forms: String
    ) {
        switch mistake {
        case .missingUnit: report(key, "\"\(Self.printable(raw))\" has no unit", "write \(forms)")
        case .unreadable: report(key, "\"\(Self.printable(raw))\" is not \(kind)", "write \(forms)")
        }
    }
}
