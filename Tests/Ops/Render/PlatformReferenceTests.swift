import POSIX
import Testing
import YAML

@testable import Ops

/// The reference of platform.yaml, and the examples in it.
struct PlatformReferenceTests {
  @Test func everyExampleIsAccepted() throws {
    let validator = SchemaValidator(PlatformSchema.document)
    // One after the other: together some would contradict.
    for field in EnvironmentFields.fields {
      let file: YAMLNode = [
        "service": ["name": "a", "image": "b"],
        "defaults": ["target": "helm", "context": "c", "namespace": "n"],
        "environments": ["x": .mapping([(field.key, field.exampleNode)])],
      ]
      #expect(try validator.accepts(file.json), "\(field.key): \(field.exampleNode)")
    }
  }

  @Test func everyKeyHasAnExampleOfItsOwn() {
    for row in FieldRow.all(Platform.fields) {
      let text = YAMLWriter.inline(row.field.exampleNode)
      // The schema's own last resort, which tells nothing.
      #expect(text != "name", "\(row.path)")
    }
  }

  @Test func everyKeyHasALine() {
    let text = PlatformReference.text
    for field in EnvironmentFields.fields + Service.fields {
      let isSection = text.contains("\n## \(field.key)\n")
      #expect(isSection || text.contains("\n| `\(field.key)` |"), "\(field.key)")
    }
    #expect(text.contains("| `tolerations[].effect` |"))
    #expect(text.contains("| `secrets.NAME.vault` |"))
  }

  @Test func theCommittedFileNamesItsSchema() throws {
    let line = try PlatformTests.committedText().split(separator: "\n")[0]
    #expect(line == "# yaml-language-server: $schema=\(PlatformSchema.path)")
    #expect(File.exists("\(PlatformTests.root)/\(PlatformSchema.path)"))
  }
}
