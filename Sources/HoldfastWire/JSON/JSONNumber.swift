extension RawSpan {
    /// The integer whose decimal digits, after a minus sign or none, fill `range`; nil if something else is there, or the
    /// number does not fit.
    func integer(in range: Range<Int>) -> Int64? {
        var index = range.lowerBound
        let isNegative = byte(at: index) == UInt8(ascii: "-")
        if isNegative { index += 1 }
        guard index < range.upperBound else { return nil }
        var result: Int64 = 0
        while index < range.upperBound {
            let digit = byte(at: index) &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            // A negative number is built downwards, so that the lowest one can be read as well.
            let (tens, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? tens.subtractingReportingOverflow(Int64(digit)) : tens.addingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            result = sum
            index += 1
        }
        return result
    }
}
