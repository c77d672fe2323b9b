import Testing
import YAML

@testable import Ops

/// What holds for every object of every release.
struct PodSecurityTests {
  @Test(arguments: TestRelease.various)
  func everyPodIsRestrictedAndHasNoToken(_ values: String) throws {
    let release = try TestRelease.of(values)
    let pods = Objects.all(of: release).filter { $0.kind != "Pooler" }.flatMap(\.node.podSpecs)
    #expect(!pods.isEmpty)
    for pod in pods {
      let security = pod["securityContext"]
      #expect(security?["runAsNonRoot"] == true)
      #expect(security?["runAsUser"] == .integer(PodParts.user))
      #expect(security?.at("seccompProfile", "type")?.text == "RuntimeDefault")
      #expect(pod["automountServiceAccountToken"] == false)
      #expect(pod["enableServiceLinks"] == false)
      let containers = ["containers", "initContainers"].flatMap { pod[$0]?.sequence ?? [] }
      for container in containers {
        let own = container["securityContext"]
        #expect(own?["allowPrivilegeEscalation"] == false)
        #expect(own?["readOnlyRootFilesystem"] == true)
        #expect(own?.at("capabilities", "drop") == ["ALL"])
        #expect(container.at("resources", "requests", "cpu") != nil)
        #expect(container.at("resources", "limits", "memory") != nil)
      }
    }
  }

  @Test(arguments: TestRelease.various)
  func noObjectHoldsASecretAndNoVariableDoes(_ values: String) throws {
    for manager in [ChartRelease.Manager.helm, .kustomize] {
      for object in Objects.all(of: try TestRelease.of(values, manager: manager)) {
        #expect(object.kind != "Secret")
        for node in object.node.all {
          #expect(node["secretKeyRef"] == nil && node["secretRef"] == nil)
          guard let name = node["name"]?.text, let value = node["value"]?.text else { continue }
          #expect(
            !SecretInClear.isLikely(name: name, value: value), "\(name) in \(object.identity)")
        }
      }
    }
  }

  @Test(arguments: TestRelease.various)
  func noTwoObjectsAreTheSame(_ values: String) throws {
    let identities = Objects.all(of: try TestRelease.of(values, manager: .kustomize))
      .map(\.identity)
    #expect(Set(identities).count == identities.count)
  }

  @Test func theNamespaceRefusesOtherPodsWhereItIsMadeHere() throws {
    let labels = try TestRelease.of(manager: .kustomize).object("Namespace", "shop")?.node
      .at("metadata", "labels")
    for mode in ["enforce", "audit", "warn"] {
      #expect(labels?["pod-security.kubernetes.io/\(mode)"]?.text == "restricted")
    }
    #expect(try TestRelease.of(manager: .helm).object("Namespace", "shop") == nil)
  }
}
