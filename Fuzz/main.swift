// Runs libFuzzer over one of the targets: HoldfastFuzz TARGET [libFuzzer's arguments]. `make fuzz` builds and calls it.
// libFuzzer comes with the toolchain; this file stands where its own `main` would, because Swift wants to have that.

import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
func runLibFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What is fed with rubbish, by name. A target stops the process where a promise is broken: that is how libFuzzer sees it.
let targets: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt] = [
    "frames": { tryFrames(Input($0, $1)) },
    "heads": { tryHeads(Input($0, $1)) },
    "json": { tryJSON(Input($0, $1)) },
    "lwp": { tryLWP(Input($0, $1)) },
]

let names = targets.keys.sorted().joined(separator: " ")
guard CommandLine.arguments.count > 1, let target = targets[CommandLine.arguments[1]] else {
    print(names)
    exit(CommandLine.arguments.count > 1 ? 64 : 0)
}
// libFuzzer must not take the target's name for a folder with inputs.
var arguments = CommandLine.unsafeArgv
var count = CommandLine.argc - 1
arguments[1] = arguments[0]
arguments += 1
exit(runLibFuzzer(&count, &arguments, target))
