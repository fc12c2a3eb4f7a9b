// swift-tools-version: 6.2
import PackageDescription

/// `make fuzz` sets this: then our code is built to tell libFuzzer where it has been, and the fuzz targets exist.
let isFuzzed = Context.environment["HOLDFAST_FUZZ"] != nil

let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzed ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// The imports between targets go one way: Core ← Wire, Store ← Fleet ← Console ← Command; Lab uses Core and Wire.
/// `scripts/check-imports` proves it in every test run.
let package = Package(
    name: "holdfast",
    products: [
        .library(name: "HoldfastCore", targets: ["HoldfastCore"]),
        .library(name: "HoldfastWire", targets: ["HoldfastWire"]),
        .library(name: "HoldfastStore", targets: ["HoldfastStore"]),
        .library(name: "HoldfastFleet", targets: ["HoldfastFleet"]),
        .library(name: "HoldfastLab", targets: ["HoldfastLab"]),
        .executable(name: "holdfast", targets: ["HoldfastCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .target(
            name: "HoldfastCore",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),
        // zlib, for permessage-deflate. NIO's own module of it is not a product.
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "HoldfastWire",
            dependencies: [
                "HoldfastCore", "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HoldfastStore",
            dependencies: [
                "HoldfastCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HoldfastFleet",
            dependencies: [
                "HoldfastCore", "HoldfastWire", "HoldfastStore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HoldfastConsole",
            dependencies: [
                "HoldfastCore", "HoldfastFleet", "HoldfastStore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Page"), .embedInCode("Reference")],
            swiftSettings: strict
        ),
        .target(
            name: "HoldfastLab",
            dependencies: [
                "HoldfastCore", "HoldfastWire",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "HoldfastCommand",
            dependencies: [
                "HoldfastCore", "HoldfastWire", "HoldfastFleet", "HoldfastConsole", "HoldfastLab", "HoldfastStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "HoldfastCoreTests", dependencies: ["HoldfastCore"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastConsoleTests",
            dependencies: [
                "HoldfastConsole", "HoldfastCore", "HoldfastFleet", "HoldfastWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HoldfastFuzzTargets",
            dependencies: ["HoldfastCore", "HoldfastWire", .product(name: "NIOCore", package: "swift-nio")],
            path: "Fuzz/Targets",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "EchoExample", dependencies: ["HoldfastWire"], path: "Examples/Echo", swiftSettings: strict),
        .executableTarget(
            name: "ShopExample",
            dependencies: [
                "HoldfastFleet",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Examples/Shop", swiftSettings: strict),
        .testTarget(
            name: "HoldfastWireTests",
            dependencies: [
                "HoldfastWire", "HoldfastFuzzTargets", "EchoExample",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HoldfastLabTests",
            dependencies: [
                "HoldfastLab", "HoldfastWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HoldfastCommandTests",
            dependencies: [
                "HoldfastCommand", "HoldfastConsole", "HoldfastCore", "HoldfastFleet", "HoldfastLab", "HoldfastWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HoldfastStoreTests",
            dependencies: ["HoldfastStore", "HoldfastCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastFleetTests",
            dependencies: [
                "HoldfastCore", "HoldfastFleet", "HoldfastLab", "HoldfastStore", "HoldfastWire", "ShopExample",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "HoldfastCommand", "HoldfastCore", "HoldfastLab", "HoldfastWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
    ]
)

if isFuzzed {
    package.targets.append(
        .executableTarget(
            name: "HoldfastFuzz",
            dependencies: ["HoldfastFuzzTargets"],
            path: "Fuzz/Runner",
            swiftSettings: strict
        ))
}
