import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

/// `ops render objects` and `ops render job` as they are called.
struct RenderCommandTests {
  private let directory = TemporaryDirectory()

  private func run(_ words: String...) -> TestProgram.Result {
    TestProgram.run(words: ["render"] + words, tree: Ops.commands, directory: directory.path)
  }

  private func write(_ name: String, _ text: String) throws {
    try File.write(Array(text.utf8), to: directory.file(name))
  }

  @Test func objectsAreAStreamThatReadsBack() throws {
    try write("values.yaml", "image: { repository: a/b, tag: \"1\" }\nreplicas: 3\n")
    let result = run("objects", "--values", "values.yaml", "--name", "web", "--namespace", "shop")
    #expect(result.code == .done)
    #expect(result.error.isEmpty)
    let documents = try YAMLReader.readStream(Array(result.output.utf8))
    let release = try TestRelease.of(
      "replicas: 3", name: "web", manager: .kustomize,
      image: ImageReference(repository: "a/b", tag: "1"))
    #expect(documents == Objects.all(of: release).map(\.node))
  }

  @Test func aMistakeIsToldByFileLineAndColumn() throws {
    try write("values.yaml", "image: { repository: a/b }\nreplica: 3\n")
    let result = run("objects", "--values", "values.yaml")
    #expect(result.code == .configuration)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("values.yaml:2:1: error: replica: unknown key"))
    #expect(result.error.contains("did you mean 'replicas'?"))
  }

  @Test(arguments: ["1shop", "9"])
  func aReleaseThatNoServiceCanBeCalledAfterIsRefused(_ name: String) throws {
    try write("values.yaml", "image: { repository: a/b }\n")
    let refused = run("objects", "--values", "values.yaml", "--name", name)
    #expect(refused.code == .configuration)
    #expect(refused.output.isEmpty)
    #expect(refused.error.contains("'\(name)-slipway'; wanted: a name of a-z"))
    try write("values.yaml", "image: { repository: a/b }\nfullnameOverride: shop\n")
    #expect(run("objects", "--values", "values.yaml", "--name", name).code == .done)
  }

  @Test func aFileThatIsNotThereIsTold() {
    let result = run("objects", "--values", "values.yaml")
    #expect(result.code == .configuration)
    #expect(result.error.contains("values.yaml cannot be read"))
  }

  @Test func theJobComesWithItsAccount() throws {
    try write("platform.yaml", try PlatformTests.committedText())
    let image = "\(try PlatformTests.committed().service.image)@\(TestRelease.digest)"
    let result = run("job", "--env", "staging", "--image", image)
    #expect(result.code == .done)
    let objects = try YAMLReader.readStream(Array(result.output.utf8)).map { Manifest($0) }
    #expect(objects.map(\.kind) == ["ServiceAccount", "Job"])
    #expect(objects.allSatisfy { $0.namespace == "slipway-staging" })
  }

  @Test(arguments: [
    ("local", "has no Job"), ("stagin", "did you mean 'staging'?"),
  ])
  func anEnvironmentWithoutAJobSaysWhy(_ name: String, _ words: String) throws {
    try write("platform.yaml", try PlatformTests.committedText())
    let result = run("job", "--env", name, "--image", "a/b:1")
    #expect(result.code == .usage)
    #expect(result.output.isEmpty)
    #expect(result.error.contains(words))
  }

  @Test func anImageThatTheEnvironmentMustNotGetIsRefused() throws {
    try write("platform.yaml", try PlatformTests.committedText())
    let repository = try PlatformTests.committed().service.image
    let other = run("job", "--env", "staging", "--image", "a/b@\(TestRelease.digest)")
    let moved = run("job", "--env", "production", "--image", "\(repository):1")
    for (result, words) in [(other, "service.image is"), (moved, "needs its digest")] {
      #expect(result.code == .refused)
      #expect(result.output.isEmpty)
      #expect(result.error.contains(words))
    }
  }

  @Test func anImageThatIsNoneIsRefused() {
    let result = run("job", "--env", "staging", "--image", "a/b@sha256:12")
    #expect(result.code == .usage)
    #expect(result.error.contains("REPOSITORY with :TAG, with @sha256:DIGEST or with both"))
  }
}
