import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

@Suite struct StrategicPatchTests {
  /// Objects are different in any way, so that nothing depends on what ours look like today.
  private static let pairsCount = 400

  @Test func kustomizeMakesTheTargetOfTheBaseAndThePatch() throws {
    var random = RandomObjects(seed: 4)
    let pairs = (0..<Self.pairsCount).map { random.pair("object-\($0)") }
    let directory = TemporaryDirectory()
    let patches = pairs.compactMap { StrategicPatch.difference(from: $0.base, to: $0.target) }
    try write(YAMLWriter.write(documents: pairs.map(\.base.node)), "objects.yaml", directory)
    for (index, patch) in patches.enumerated() {
      try write(YAMLWriter.write(patch.node), "patch-\(index).yaml", directory)
    }
    let paths = patches.indices.map { ["path": .string("patch-\($0).yaml")] as YAMLNode }
    try write(
      YAMLWriter.write(["resources": ["objects.yaml"], "patches": .sequence(paths)]),
      "kustomization.yaml", directory)

    let result = try Kubectl.kustomize(directory.path)
    #expect(result.isSuccess, "\(result.errorText)")
    var limits = YAMLLimits()
    limits.bytesMax = 64 * 1024 * 1024
    let built = ObjectSet(
      try YAMLReader.readStream(result.output, limits: limits).map(Manifest.init))
    for pair in pairs {
      let object = try #require(built[pair.target.identity])
      #expect(
        object.node.isSame(as: pair.target.node),
        """
        \(YAMLWriter.write(pair.base.node))
        \(StrategicPatch.difference(from: pair.base, to: pair.target)
          .map { YAMLWriter.write($0.node) } ?? "no patch")
        \(YAMLWriter.write(object.node))
        """)
    }
  }

  @Test func whatTheRendererThinksOfAPatchIsWhatKustomizeMakesOfIt() {
    var random = RandomObjects(seed: 5)
    for index in 0..<Self.pairsCount {
      let (base, target) = random.pair("object-\(index)")
      guard let patch = StrategicPatch.difference(from: base, to: target) else {
        #expect(base.node.isSame(as: target.node))
        continue
      }
      #expect(StrategicMerge.result(of: patch, on: base).node.isSame(as: target.node))
    }
  }

  /// Of other forms of patches it would say nothing.
  @Test func kustomizeRefusesAPatchForWhatIsNotThere() throws {
    let directory = TemporaryDirectory()
    try write("{resources: [], patches: [{path: patch.yaml}]}", "kustomization.yaml", directory)
    try write(
      "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {type: ClusterIP}}",
      "patch.yaml", directory)
    let result = try Kubectl.kustomize(directory.path)
    #expect(result.exit == .code(1))
    #expect(result.errorText.contains("no matches for Id"), "\(result.errorText)")
  }

  private func write(_ text: String, _ name: String, _ directory: TemporaryDirectory) throws {
    try File.write(Array(text.utf8), to: directory.file(name))
  }
}
