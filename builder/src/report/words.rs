//! Every text of the report, in Korean and in English: the one place to correct
//! a word. What the lockfile says itself stays in the words of its authors.

use super::language::{Text, texts};

texts! {
    // The document
    TITLE: "반입 검토 보고서", "Review report";
    PART: "국문", "English";
    JUMP: "바로 가기", "Jump to";
    MADE_BY: "bottari-builder report로 만든 문서입니다. 외부 자원을 불러오지 않으며 A4 용지에 맞춰 인쇄됩니다. 제목과 사유 등 릴리스가 적은 글은 원문 그대로 싣습니다.", "Made by bottari-builder report. It loads nothing from outside and prints on A4. Titles and reasons are the release's own words.";
    JUDGED_ON: "지원 종료 판정 기준일", "Support judged as of";

    // Summary
    SUMMARY: "요약", "Summary";
    RELEASE: "릴리스", "Release";
    VERSION: "버전", "Version";
    SERIAL: "일련번호", "Serial";
    SERIAL_NOTE: "{serial} (호스트는 더 낮은 번호를 설치하지 않음)", "{serial} (hosts refuse a lower one)";
    DESCRIPTION: "설명", "Title";
    ARCHITECTURES: "아키텍처", "Architectures";
    PROFILES: "프로파일", "Profiles";
    OVERLAYS: "오버레이", "Overlays";
    NONE: "없음", "none";
    SUBJECT: "검토 대상", "Subject";
    SUBJECT_BUNDLE: "번들 파일", "bundle";
    SUBJECT_LOCKFILE: "락파일(번들을 만들기 전 명세)", "lockfile (the specification, before a bundle is built)";
    TOTALS: "규모", "Holds";
    TOTALS_VALUE: "구성 요소 {components}개, 이미지 {images}개, 파일 {files}개, 쿠버네티스 매니페스트 {manifests}개, 헬름 차트 {charts}개", "components: {components}; images: {images}; files: {files}; Kubernetes manifests: {manifests}; Helm charts: {charts}";
    PACKAGES_VALUE: "OS 패키지 {packages}개", "OS packages: {packages}";
    BLOBS_VALUE: "서로 다른 블롭 {blobs}개, 모두 {bytes}", "{blobs} distinct blobs, {bytes} in all";
    RESULT: "검토 결과", "Findings";
    CHECK: "확인 항목", "Check";
    STATE: "결과", "Result";
    DETAIL: "내용", "Detail";
    GOOD: "확인됨", "Good";
    LOOK: "확인 필요", "Look";
    NOTE: "참고", "Note";

    // Findings of the summary
    SIGNATURE: "서명", "Signature";
    SIGNATURE_GOOD: "신뢰하는 키가 서명한 것을 확인함: {keys}", "Signed by trusted keys, and checked: {keys}";
    SIGNATURE_UNCHECKED: "서명을 검증하지 않음. 신뢰하는 공개 키(--trust)를 주지 않고 만든 보고서입니다. 파일에 적힌 키 ID: {keys}", "Signatures were NOT checked: this report was made without a trusted public key (--trust). The file claims these key ids: {keys}";
    SIGNATURE_NONE: "서명이 없습니다.", "The bundle is not signed.";
    SIGNATURE_LOCKFILE: "락파일에는 서명이 없습니다. 서명은 번들에서 확인합니다.", "A lockfile carries no signature; bundles do.";
    INTEGRITY: "무결성", "Integrity";
    INTEGRITY_GOOD: "파일의 모든 바이트를 읽어 서명 대상 목록의 해시와 대조했으며 모두 일치합니다.", "Every byte of the file was read and agrees with the hashes of its table of contents.";
    INTEGRITY_UNSIGNED: "파일의 모든 바이트가 파일에 든 목록의 해시와 일치합니다. 그 목록의 서명은 검증하지 않았습니다.", "Every byte of the file agrees with the table of contents inside it, whose signature was not checked.";
    AGREEMENT: "명세 일치", "Agreement";
    AGREEMENT_GOOD: "번들에는 락파일에 적힌 것이 빠짐없이 있고 그 밖의 것은 없습니다.", "The bundle holds all that its lockfile lists, and nothing else.";
    AGREEMENT_BAD: "번들과 락파일이 다른 곳 {count}건. 이 보고서는 락파일로 작성하므로, 락파일에 없는 것은 반입 내역에 나오지 않습니다.", "Bundle and lockfile differ in {count} places. This report is written from the lockfile: what is not in it does not stand among the contents.";
    EXTRA: "락파일에 없음", "not in the lockfile";
    MISSING: "번들에 없음", "not in the bundle";
    RULES: "지원·호환 규칙", "Support rules";
    RULES_NONE: "관련 규칙 {rules}건에 모두 부합합니다.", "None of the {rules} rules that speak of these versions is broken.";
    RULES_UNKNOWN: "이 버전들에 관한 규칙이 없어 판정하지 않았습니다.", "No rule speaks of these versions, so nothing was judged.";
    RULES_ACKNOWLEDGED: "규칙에 어긋나는 항목 {met}건(모두 릴리스에 사유 기재)", "{met} not followed, each acknowledged with a reason";
    RULES_OPEN: "규칙에 어긋나는 항목 {met}건, 이 가운데 {open}건은 사유 미기재", "{met} not followed, {open} of them without any acknowledgement";
    ORIGIN: "출처 대조", "Provenance";
    ORIGIN_VALUE: "공식 공표값과 일치 {project}건, 제3자 기록값과 일치 {others}건, 대조할 공표값 없음 {first}건. 프로젝트의 서명으로 확인된 파일 {signed}건", "{project} agree with what their projects publish, {others} with what third parties pinned, {first} have nothing published to compare with; {signed} files proved by a signature of their projects";
    UNPINNED: "공표값 대조 해제", "Digests taken away";
    UNPINNED_NONE: "오버레이가 대조를 해제한 구성 요소가 없습니다.", "No overlay takes published digests away.";
    UNPINNED_SOME: "오버레이가 공식 공표값과의 대조를 해제한 구성 요소 {count}개", "Components whose published digests an overlay takes away: {count}";
    CHANGES: "이전 반입본과의 차이", "What changed";
    CHANGES_NONE: "비교할 이전 반입본을 지정하지 않았습니다(--since).", "No earlier bundle or lockfile was given to compare with (--since).";
    CHANGES_SAME: "{file} 이후 바뀐 것이 없습니다.", "Nothing has changed since {file}.";
    CHANGES_SOME: "{file} 이후 구성 요소 {components}개가 바뀜(항목: 신규 {new}, 변경 {changed}, 제외 {gone})", "{components} components changed since {file} (items: {new} new, {changed} changed, {gone} gone)";

    // Signatures
    SIGNATURES: "파일 식별 정보와 서명", "Signatures and identity";
    CHANGES_PACKAGES: "OS 패키지 {packages}개가 바뀜", "{packages} OS packages changed";
    FILE_NAME: "파일 이름", "File name";
    FILE_SIZE: "파일 크기", "File size";
    SIZE_VALUE: "{size} ({bytes}바이트)", "{size} ({bytes} bytes)";
    SHA256: "SHA-256", "SHA-256";
    FORMAT: "형식", "Format";
    OPENS_WITH: "열 수 있는 도구", "Opens with";
    ENCODER: "생성 도구", "Encoder";
    SBOM: "구성 명세서(SBOM)", "Bills of materials";
    SBOM_VALUE: "{formats}: 번들에 들어 있음", "{formats}: in the bundle";
    LOCKFILE_DIGEST: "락파일 다이제스트", "Lockfile digest";
    KEY_ID: "키 ID", "Key id";
    FINGERPRINT: "지문", "Fingerprint";
    VERIFIED: "검증 결과", "Checked";
    KEY_TRUSTED: "신뢰하는 키로 검증함", "by a trusted key: good";
    KEY_UNCHECKED: "검증하지 않음", "not checked";
    KEY_UNKNOWN: "알 수 없음: 이 키의 공개 키가 주어지지 않음", "unknown: its public key was not given";
    KEYS_REQUIRED: "서명 검증에 필요한 신뢰 키 수: {count}", "Trusted keys that had to sign: {count}";
    FINGERPRINT_NOTE: "지문을 별도로 전달받은 종이와 한 자리씩 대조하십시오. 키 ID는 만든 사람이 정하는 값이므로 키 ID만으로는 서명자를 확인할 수 없습니다.", "Compare the fingerprint with the paper that came by another way. A key id is chosen by whoever made the key and proves nothing.";
    LOCKFILE_NOTE: "이 보고서는 락파일만 보고 만들었습니다. 서명과 실제 바이트는 번들로 만든 보고서에서 확인합니다.", "This report was made from a lockfile alone. Signatures and the bytes themselves are checked in the report of a bundle.";

    // Rules
    FINDINGS: "지원 종료·호환성", "Support and version skew";
    FINDINGS_NOTE: "{day} 기준으로 판정했습니다. 규칙이 없는 구성 요소는 판정하지 않으므로, 경고가 없다고 해서 프로젝트가 지원한다는 뜻은 아닙니다.", "Judged as of {day}. What no rule speaks of is not judged: no warning does not mean that a project supports it.";
    KIND: "종류", "Kind";
    RULE_RETIRED: "종료된 프로젝트", "retired project";
    RULE_ENDED: "지원 종료", "support ended";
    RULE_SKEW: "버전 조합", "version skew";
    UNTIL: "{day}까지", "until {day}";
    WITH: "{subject} 버전과 맞지 않음", "does not go with {subject}";
    FINDING: "판정과 근거", "Finding and source";
    ANSWER: "조치", "Answer";
    ACKNOWLEDGED: "사유 기재: {reason}", "Acknowledged: {reason}";
    UNANSWERED: "사유 미기재", "Nobody acknowledged it";
    READ_ON: "{day} 열람", "read on {day}";
    FINDINGS_EMPTY: "규칙에 어긋나는 항목이 없습니다.", "No rule is broken.";

    // Changes
    SINCE: "비교 대상: {file} ({release} {version}, 일련번호 {serial})", "Compared with {file} ({release} {version}, serial {serial})";
    SINCE_CHECKED: "비교 대상의 서명도 신뢰하는 키로 확인했습니다.", "Its signature was checked with a trusted key too.";
    SINCE_UNCHECKED: "비교 대상의 서명은 검증하지 않았습니다.", "Its signature was not checked.";
    NEW_BYTES: "이전에 없던 바이트: {new}. 전체 {before} → {after}", "Bytes that were not there before: {new}. In all {before} → {after}";
    CHANGE: "구분", "Change";
    BEFORE: "이전", "Before";
    AFTER: "이후", "After";
    ITEM: "항목", "Item";
    NEW: "신규", "new";
    GONE: "제외", "gone";
    OTHER_VERSION: "버전 변경", "other version";
    OTHER_BYTES: "내용 변경", "other bytes";
    SAME_VERSION_NOTE: "버전은 같고 내용만 바뀐 항목은 반드시 사유를 확인하십시오.", "Where the version is the same and the bytes are not, ask why.";
    LICENCE_CHANGED: "라이선스 변경: {before} → {after}", "Licence changed: {before} → {after}";

    // Contents
    OVERVIEW: "구성 요소 목록", "Components";
    CONTENTS: "반입 내역", "Contents";
    CONTENTS_NOTE: "여러 이미지가 함께 쓰는 레이어는 각 구성 요소에 한 번씩 더해지므로, 구성 요소별 크기의 합은 전체 크기보다 클 수 있습니다.", "Layers that several images share count in each component, so the sizes may add up to more than the whole.";
    COMPONENT: "구성 요소", "Component";
    LICENCE: "라이선스", "Licence";
    HOMEPAGE: "홈페이지", "Homepage";
    SIZE: "크기", "Size";
    ITEMS: "항목 수", "Items";
    UNKNOWN: "기록 없음", "not recorded";
    PACKAGES: "OS 패키지", "OS packages";
    PACKAGES_BASE: "기준", "Base";
    PACKAGES_STATUS: "사이트에서 가져온 dpkg 상태 파일", "status files of dpkg, brought from the site";
    PACKAGES_ARCHIVES: "아카이브와 서명 키", "Archives and who signed them";
    NAME: "이름", "Name";
    ARCHITECTURE: "대상", "For";
    ALL_ARCHITECTURES: "공통", "all";
    PROVENANCE: "출처 대조", "Provenance";
    SOURCE: "출처", "Source";
    DIGEST: "다이제스트", "Digest";
    ALSO: "다른 이름", "Also as";
    LEFT_OUT: "{count}개 제외", "{count} left out";
    WHY: "선정 사유", "Why this version";
    KIND_FILE: "파일", "file";
    KIND_MANIFEST: "매니페스트", "manifest";
    KIND_CHART: "차트", "chart";
    KIND_IMAGE: "이미지", "image";
    BY_PROJECT: "공식 공표값과 일치", "as its project publishes";
    BY_OTHERS: "제3자 기록값과 일치", "as a third party pinned it";
    FIRST_SEEN: "대조할 공표값 없음", "nothing published";
    PROOF_CHECKSUMS: "체크섬 목록", "checksum list";
    PROOF_OPENPGP: "OpenPGP 서명", "OpenPGP signature";
    PROOF_COSIGN: "cosign 서명", "cosign signature";
    SIGNED_BY: "서명자 {signer}", "signed by {signer}";
    STATED: "매니페스트에 없는 이미지의 근거: {reason}", "No manifest shows it: {reason}";

    // Notes of the release
    NOTES: "릴리스의 결정과 예외", "Decisions, omissions and exceptions";
    DECISIONS: "버전 선정 사유", "Why these versions";
    OMITTED: "의도적으로 제외한 항목", "Left out on purpose";
    EXCEPTIONS: "완전성 검사 예외", "Let pass by the completeness check";
    LAID: "기관 오버레이와 공표값 대조 해제", "Overlays and what they take away";
    WHAT: "대상", "What";
    REASON: "사유", "Reason";
    OVERLAY_UNPINNED: "{component}의 공표값 대조 해제", "published digests of {component} taken away";
    OVERLAY_ADDS: "릴리스에 더해진 오버레이", "laid on the release";

    // Verifying
    VERIFY: "직접 확인하는 방법", "How to check it yourself";
    VERIFY_NOTE: "아래 명령은 일반 리눅스 도구만 사용하며 순서대로 실행합니다. 공개 키 파일과 그 지문은 이 매체가 아닌 다른 경로로 전달받은 것이어야 합니다.", "Stock tools alone, in this order. The public key and its fingerprint must have come by another way than this medium.";
    STEP_FILE: "파일이 이 보고서의 파일과 같은지 확인합니다.", "Is it the file of this report?";
    STEP_KEY: "공개 키의 지문을 구해 종이의 지문과 대조합니다. 출력의 앞 32자리이며 대소문자는 구분하지 않습니다.", "The fingerprint of the public key: the first 32 digits, in capitals or not, must be those on paper.";
    STEP_UNPACK: "빈 폴더에 풉니다. 이 폴더는 백신 등 다른 도구로도 검사할 수 있습니다.", "Unpack into an empty folder, which other scanners can look at too.";
    STEP_SIGNATURE: "목록(bottari.json)의 서명을 확인합니다.", "Who signed the table of contents, bottari.json?";
    STEP_SUMS: "모든 블롭의 체크섬을 확인합니다.", "The checksum of every blob.";
    STEP_BLOBS: "서명된 목록의 블롭이 빠짐없이, 이름과 같은 내용으로 있는지 확인합니다. SHA256SUMS 자체는 서명 대상이 아니므로 이 단계를 생략하지 마십시오. 아무것도 출력되지 않아야 정상입니다.", "Every blob of the signed list is there and has the bytes its name says. SHA256SUMS itself is not signed, so do not leave this out. It prints nothing when all is well.";
    STEP_IMAGE: "이미지 하나를 꺼내 살펴봅니다.", "Take one image out and look at it.";
    STEP_FILE_OUT: "파일 하나를 꺼냅니다.", "Take one file out.";
    STEP_OURS: "같은 검증을 Bottari로 한 번에 합니다.", "The same in one step, by Bottari.";
    STEP_LOCKFILE: "락파일이 이 보고서의 락파일과 같은지 확인합니다. 번들의 보고서에는 같은 값이 \"락파일 다이제스트\"로 적혀 있습니다.", "Is it the lockfile of this report? The report of its bundle has the same value as its lockfile digest.";
    STEP_REPORT: "번들이 만들어지면 번들의 보고서를 다시 만듭니다.", "Once there is a bundle, make the report of that.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    fn is_hangul(c: char) -> bool {
        ('가'..='힣').contains(&c)
    }

    #[test]
    fn no_text_lacks_a_language() {
        // Names that are the same in both.
        const SAME: [&str; 1] = ["SHA256"];
        for (name, Text { korean, english }) in ALL {
            assert!(!english.is_empty() && !english.chars().any(is_hangul), "{name}: {english}");
            let is_korean = korean.chars().any(is_hangul) || SAME.contains(name);
            assert!(is_korean, "{name}: {korean}");
        }
    }

    #[test]
    fn both_languages_fill_in_the_same_facts() {
        for (name, text) in ALL {
            assert_eq!(places(text.korean), places(text.english), "{name}");
        }
    }
}
