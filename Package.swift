// swift-tools-version: 6.2

import PackageDescription

/// What every Swift target of this package is compiled with: Swift 6 mode, no warnings, no leaking of C interop.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let strictC: [CSetting] = [
  .treatAllWarnings(as: .error),
  .define("_GNU_SOURCE"),
]

/// Set by `make build`: without shared libraries the command starts in half the time. Only what is linked in the end
/// knows of it, so nothing is compiled twice.
let isClientStatic = Context.environment["PROJFS_STATIC"] == "1"

/// Set by `make documentation`, which alone needs a plugin for it.
let isDocumented = Context.environment["PROJFS_DOCUMENTATION"] == "1"

let package = Package(
  name: "projfs",
  products: [
    .executable(name: "projfs", targets: ["projfs"]),
    .executable(name: "projfs-server", targets: ["projfs-server"]),
    .executable(name: "projfs-fsmonitor", targets: ["projfs-fsmonitor"]),
    .library(name: "Provider", targets: ["Provider"]),
    .library(name: "ArchiveProvider", targets: ["ArchiveProvider"]),
    .library(name: "DirectoryProvider", targets: ["DirectoryProvider"]),
    .library(name: "HTTPProvider", targets: ["HTTPProvider"]),
    .library(name: "ProjectionKit", targets: ["ProjectionKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // C interop. Each is imported by exactly one Swift module.
    .systemLibrary(name: "CArchive3", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CFuse3", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .target(
      name: "CArchive", dependencies: ["CArchive3"], cSettings: strictC, linkerSettings: [.linkedLibrary("z")]),
    .target(name: "CFuse", dependencies: ["CFuse3"], cSettings: strictC),
    .target(
      name: "CGit", dependencies: ["CGit2"], cSettings: strictC,
      linkerSettings: [.linkedLibrary("z"), .linkedLibrary("deflate")]),
    .target(name: "CLinux", cSettings: strictC),

    // The product, lowest layer first.
    .target(
      name: "Posix",
      dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .target(
      name: "Provider",
      dependencies: [.product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .target(
      name: "GitProvider",
      dependencies: [
        "CGit", "Posix", "Provider",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "ArchiveProvider",
      dependencies: [
        "CArchive", "Posix", "Provider",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "DirectoryProvider",
      dependencies: [
        "Posix", "Provider",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "Projection",
      dependencies: [
        "Posix", "Provider",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "ExecProvider",
      dependencies: [
        "Posix", "Provider",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "HTTPProvider",
      dependencies: [
        "CCrypto", "Posix", "Provider",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "FuseTransport",
      dependencies: [
        "CFuse", "Posix", "Projection", "Provider",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "GitWorktree",
      dependencies: [
        "GitProvider", "Posix", "Projection", "Provider",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "Control",
      dependencies: ["Posix", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .target(
      name: "ViewStorage",
      dependencies: [
        "Control", "Posix", "Projection", .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "ProjectionKit",
      dependencies: [
        "Control", "FuseTransport", "Posix", "Projection", "Provider", "ViewStorage",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "Commands",
      dependencies: [
        "Control", "Posix",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "Server",
      dependencies: [
        "ArchiveProvider", "Commands", "Control", "DirectoryProvider", "ExecProvider", "FuseTransport", "GitProvider",
        "GitWorktree", "HTTPProvider", "Posix", "Projection", "Provider", "ViewStorage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "projfs",
      dependencies: ["Commands"],
      swiftSettings: strict,
      linkerSettings: isClientStatic ? [.unsafeFlags(["-static-executable"])] : []),
    .executableTarget(
      name: "projfs-server",
      dependencies: ["Server"],
      swiftSettings: strict),
    .executableTarget(
      name: "projfs-fsmonitor",
      swiftSettings: strict),

    // The example is a package of its own; here it is built with everything else, and sees no more than it would there.
    .executableTarget(
      name: "Embedding",
      dependencies: ["ProjectionKit", "Provider", .product(name: "SystemPackage", package: "swift-system")],
      path: "Examples/embedding/Sources/Embedding",
      packageAccess: false,
      swiftSettings: strict),

    // Tests, one target for each module they look at, and MountTests for the whole on real mounts.
    .target(
      name: "TestSupport",
      dependencies: ["Posix", "Provider", .product(name: "SystemPackage", package: "swift-system")],
      path: "Tests/TestSupport",
      exclude: ["Programs"],
      swiftSettings: strict),
    .executableTarget(
      name: "large-directory",
      dependencies: [
        "FuseTransport", "Posix", "Projection", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Benchmarks/LargeDirectory",
      swiftSettings: strict),
    .target(name: "CFileSystemTests", path: "Tests/CFileSystemTests", cSettings: strictC),
    .target(
      name: "FileSystemModel",
      dependencies: [
        "CFileSystemTests", "Posix", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/FileSystemModel",
      swiftSettings: strict),
    .target(
      name: "GitScript",
      dependencies: [
        "FileSystemModel", "Posix", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/GitScript",
      swiftSettings: strict),
    .testTarget(
      name: "GitScriptSelfTests",
      dependencies: ["GitScript", "Posix", "TestSupport", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .executableTarget(name: "SystemCalls", path: "Tests/SystemCalls", cSettings: strictC),
    .testTarget(
      name: "ProviderTests",
      dependencies: ["Provider", "TestSupport", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .testTarget(
      name: "ProjectionTests",
      dependencies: [
        "Posix", "Projection", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GitProviderTests",
      dependencies: [
        "GitProvider", "Posix", "Provider", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ArchiveProviderTests",
      dependencies: [
        "ArchiveProvider", "Posix", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DirectoryProviderTests",
      dependencies: [
        "DirectoryProvider", "Posix", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GitWorktreeTests",
      dependencies: [
        "GitProvider", "GitWorktree", "Posix", "Projection", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ExecProviderTests",
      dependencies: [
        "ExecProvider", "Posix", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Programs"],
      swiftSettings: strict),
    .testTarget(
      name: "HTTPProviderTests",
      dependencies: [
        "HTTPProvider", "Posix", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FuseTransportTests",
      dependencies: [
        "FuseTransport", "Posix", "Projection", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "ProviderMeasurements",
      dependencies: [
        "FuseTransport", "Posix", "Projection", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/ProviderMeasurements",
      swiftSettings: strict),
    .testTarget(
      name: "ProjectionKitTests",
      dependencies: [
        "Embedding", "Posix", "ProjectionKit", "Provider", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ProviderContractTests",
      dependencies: [
        "ArchiveProvider", "DirectoryProvider", "ExecProvider", "GitProvider", "HTTPProvider", "Posix", "Projection",
        "ProjectionKit", "Provider", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Programs"],
      swiftSettings: strict),
    .testTarget(
      name: "ControlTests",
      dependencies: [
        "Control", "Posix", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandsTests",
      dependencies: ["Commands", "Control", "Posix", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Commands", "Control", "FuseTransport", "Posix", "Projection", "Server", "TestSupport", "ViewStorage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MountTests",
      dependencies: [
        "Control", "FileSystemModel", "GitScript", "Posix", "SystemCalls", "TestSupport", "projfs", "projfs-fsmonitor",
        "projfs-server",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: [
        "Providers/held-program", "Providers/large-file-program", "Providers/tree-program", "Regressions",
      ],
      swiftSettings: strict),
  ]
)

if isDocumented {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
