import Core
import JSON
import Testing

@testable import Ops

/// Whether the release that serves can run on the new schema, as far as anybody has seen it.
@Suite struct CompatibilityCheckTests {
  private static func former(_ version: String?) -> ClusterRelease {
    ClusterRelease(
      number: 3, revision: "4ac1", image: "ghcr.io/example/slipway:1", version: version,
      time: .now(), variables: [:])
  }

  /// A Job that was told of a release, and how it ended.
  private static func job(toldOf version: String, _ condition: String) -> JSONValue {
    [
      "spec": [
        "template": [
          "spec": [
            "containers": [
              [
                "name": "migrate",
                "env": [
                  [
                    "name": .string(MigrateApplyCommand.servingVariable),
                    "value": .string(version),
                  ]
                ],
              ]
            ]
          ]
        ]
      ],
      "status": ["conditions": [["type": .string(condition), "status": "True"]]],
    ]
  }

  private static func check(
    _ version: String?, job: JSONValue? = nil, hasJob: Bool = true, forwardOnly: Bool = false
  ) -> PreflightCheck {
    ClusterPreflight.compatibility(
      of: former(version), job: job, hasJob: hasJob, forwardOnly: forwardOnly)
  }

  @Test func whatTheJobOfTheImageHasSeenIsWell() {
    let seen = Self.check("2026.11.0", job: Self.job(toldOf: "2026.11.0", "Complete"))
    #expect(seen.verdict == .ok)
    #expect(seen.detail.hasPrefix("2026.11.0 runs on it"))
  }

  @Test func whatNoImageHasSeenIsToldAsNotChecked() {
    for check in [
      Self.check("2026.11.0"), Self.check(nil), Self.check("2026.11.0", hasJob: false),
      Self.check("2026.11.0", forwardOnly: true),
      Self.check("2026.11.0", job: Self.job(toldOf: "2026.10.0", "Complete")),
      Self.check("2026.11.0", job: Self.job(toldOf: "2026.11.0", "Failed")),
    ] {
      #expect(check.verdict == .warn, "\(check.detail)")
      #expect(check.detail.hasPrefix("not checked: "), "\(check.detail)")
    }
  }
}
