import Testing
import YAML

@testable import Ops

/// How objects are called.
struct NameTests {
  @Test(arguments: [
    ("slipway", "", "slipway"), ("shop", "", "shop-slipway"),
    ("my-slipway-blue", "", "my-slipway-blue"), ("shop", "nameOverride: web", "shop-web"),
    ("web", "nameOverride: web", "web"), ("shop", "fullnameOverride: front", "front"),
    ("shop", "nameOverride: \"\"\nfullnameOverride: \"\"", "shop-slipway"),
  ])
  func theNameIsMadeOfReleaseAndChart(_ name: String, _ values: String, _ full: String) throws {
    #expect(try TestRelease.of(values, name: name).fullName == full)
  }

  @Test func aLongNameIsCutAndDoesNotEndInAHyphen() throws {
    let name = String(repeating: "a", count: 39) + "-" + String(repeating: "b", count: 13)
    #expect(try TestRelease.of(name: name).fullName == String(repeating: "a", count: 39))
  }

  @Test(arguments: TestRelease.various)
  func everyNameAndEveryLabelHasRoom(_ values: String) throws {
    let release = try TestRelease.of(
      values + "\nnameOverride: " + String(repeating: "c", count: 63),
      name: String(repeating: "r", count: 53), manager: .kustomize)
    #expect(release.fullName.count == ChartRelease.fullNameMax)
    for object in Objects.all(of: release) {
      #expect(HostName.isLabel(object.name), "\(object.name)")
      for (_, text) in object.node.at("metadata", "labels")?.texts ?? [:] {
        #expect(text.count <= 63)
      }
    }
  }

  @Test func aNameWithoutRoomIsRefused() {
    let name = String(repeating: "a", count: 41)
    #expect(throws: PlatformError.self) { try TestRelease.of("fullnameOverride: \(name)") }
  }

  private static let versions: [(String?, String?, String)] = [
    ("1.0", nil, "1.0"), (nil, TestRelease.digest, "abababababab"),
    ("v" + String(repeating: "x", count: 70), nil, "v" + String(repeating: "x", count: 62)),
    ("edge_", TestRelease.digest, "edge"),
  ]

  @Test(arguments: versions)
  func theVersionIsTheTagOrElseTheDigest(
    _ tag: String?, _ digest: String?, _ version: String
  ) throws {
    let image = ImageReference(repository: "a/b", tag: tag, digest: digest)
    #expect(try TestRelease.of(image: image).version == version)
  }
}
