import POSIX
import Testing
import YAML

@testable import Ops

/// Alerts as their texts tell them; when they fire, promtool tests.
struct AlertTests {
  @Test func noNameComesTwice() {
    let names = MonitoringFiles.alerts.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.hasPrefix("Slipway") })
  }

  @Test func eachHasAHeadingInTheRunbooksAndEachHeadingAnAlert() throws {
    let page = try File.readText(PlatformTests.root + "/docs/runbooks.md")
    // What is done by hand follows on what alerts lead to.
    let alerts = page.split(separator: "\n## By hand")[0]
    let headings = alerts.split(separator: "\n").filter { $0.hasPrefix("### ") }
      .map { String($0.dropFirst(4)) }
    #expect(headings == MonitoringFiles.alerts.map(\.name))
  }

  @Test func eachLeadsToItsHeading() {
    for alert in MonitoringFiles.alerts {
      let address = alert.node.at("annotations", "runbook_url")?.text
      #expect(address == "@runbooks@#\(alert.name.lowercased())")
    }
  }

  @Test func summariesAreSentences() {
    for alert in MonitoringFiles.alerts {
      for text in [alert.summary, alert.description] {
        #expect(text.hasSuffix("."))
        #expect(text.first?.isUppercase == true || text.hasPrefix("{{"))
      }
    }
  }

  @Test func eachIsTestedByPromtool() throws {
    let tests = try File.readText(PlatformTests.root + "/Tests/manifests/alerts_test.yaml")
    for alert in MonitoringFiles.alerts {
      #expect(
        tests.contains("alertname=\"\(alert.name)\"")
          || tests.contains("alertname: \(alert.name)\n"))
    }
  }
}
