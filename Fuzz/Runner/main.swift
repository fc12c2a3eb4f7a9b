// Runs libFuzzer over one of the targets: HoldfastFuzz TARGET [libFuzzer's arguments]. `make fuzz` builds and calls it.
// libFuzzer comes with the toolchain; this file stands where its own `main` would, because Swift wants to have that.

import Glibc
import HoldfastFuzzTargets

@_silgen_name("LLVMFuzzerRunDriver")
func runLibFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// A target stops the process where a promise is broken: that is how libFuzzer sees it and keeps the input.
func run(_ target: FuzzTarget, _ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(BrokenPromise) {
        try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        // tidy: this is how a fuzzer is told
        fatalError("\(target.rawValue): \(error)")
    }
    return 0
}

guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
    print(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
    exit(CommandLine.arguments.count > 1 ? 64 : 0)
}
// libFuzzer must not take the target's name for a folder with inputs.
var arguments = CommandLine.unsafeArgv
var count = CommandLine.argc - 1
arguments[1] = arguments[0]
arguments += 1
// A C function cannot carry the target along, so there is one for each.
let body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt =
    switch target {
    case .frames: { run(.frames, $0, $1) }
    case .heads: { run(.heads, $0, $1) }
    case .inflate: { run(.inflate, $0, $1) }
    case .extensions: { run(.extensions, $0, $1) }
    case .json: { run(.json, $0, $1) }
    case .lwp: { run(.lwp, $0, $1) }
    case .jsonDialect: { run(.jsonDialect, $0, $1) }
    case .proxy: { run(.proxy, $0, $1) }
    case .messagePack: { run(.messagePack, $0, $1) }
    case .items: { run(.items, $0, $1) }
    }
exit(runLibFuzzer(&count, &arguments, body))
