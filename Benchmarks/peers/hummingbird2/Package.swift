// swift-tools-version: 6.0
// A peer to compare with, built by Benchmarks/run alone: the service itself depends on nothing.
import PackageDescription

let package = Package(
  name: "hummingbird-peer",
  platforms: [.macOS(.v14)],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1")
  ],
  targets: [
    .executableTarget(
      name: "Peer", dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
  ]
)
