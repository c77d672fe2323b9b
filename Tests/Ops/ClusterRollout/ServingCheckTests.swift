import Core
import JSON
import Testing

@testable import Ops

@Suite struct ServingCheckTests {
  private static let former = ClusterRelease(
    number: 3, revision: "4ac1", image: "ghcr.io/example/slipway:1", version: nil,
    time: .now(), variables: [:])

  private static func live(_ revision: String, _ image: String) -> JSONValue {
    [
      "metadata": ["name": "slipway", "uid": "u"],
      "spec": [
        "template": [
          "spec": [
            "containers": [
              [
                "name": "app", "image": .string(image),
                "env": [["name": "REVISION", "value": .string(revision)]],
              ]
            ]
          ]
        ]
      ],
    ]
  }

  private static func verdict(_ live: JSONValue?, _ former: ClusterRelease?)
    -> PreflightCheck.Verdict
  {
    ClusterPreflight.serving(live, name: "slipway", former: former, adoption: "").verdict
  }

  @Test func whatIsRememberedMayBeReplaced() {
    #expect(Self.verdict(Self.live("4ac1", "ghcr.io/example/slipway:1"), Self.former) == .ok)
    #expect(Self.verdict(nil, nil) == .ok)
    #expect(Self.verdict(nil, Self.former) == .warn)
  }

  @Test(arguments: [
    ("9f00", "ghcr.io/example/slipway:1"), ("4ac1", "ghcr.io/example/slipway:hotfix"),
  ])
  func whatSomebodyElseChangedIsNotOverwritten(revision: String, image: String) {
    let check = ClusterPreflight.serving(
      Self.live(revision, image), name: "slipway", former: Self.former, adoption: "")
    #expect(check.verdict == .refuse)
    #expect(check.detail.contains(revision) && check.detail.contains(image))
  }

  @Test func whatNoRolloutBroughtIsRefused() {
    #expect(Self.verdict(Self.live("4ac1", "ghcr.io/example/slipway:1"), nil) == .refuse)
  }
}
