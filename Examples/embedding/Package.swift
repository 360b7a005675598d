// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "embedding",
  dependencies: [
    .package(name: "projfs", path: "../.."),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .executableTarget(
      name: "Embedding",
      dependencies: [
        .product(name: "ProjectionKit", package: "projfs"),
        .product(name: "Provider", package: "projfs"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
