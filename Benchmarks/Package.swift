// swift-tools-version: 6.2
import PackageDescription

/// Measurements of single parts; a package of its own, so that nobody who uses Holdfast builds them.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "holdfast", path: "..")],
    targets: [
        .executableTarget(
            name: "JournalBenchmark",
            dependencies: [
                .product(name: "HoldfastCore", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]
        )
    ]
)
