/**
 * Rules for commands that overwrite a disk: `dd of=/dev/…`, `mkfs`, redirections, partition tools.
 *
 * What matters is the device: an image file, `/dev/null` or the `sdX` of documentation is none.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** A whole disk or partition by its device name; `sdX` of documentation is none. */
const DISK = String
  .raw`\/dev\/(?:[shv]d[a-z]\d{0,2}|xvd[a-z]\d{0,2}|nvme\d(?:n\d(?:p\d{1,2})?)?|mmcblk\d(?:p\d)?|r?disk\d(?:s\d)?|md\d|dm-\d|mapper\/[\w-]{1,30}|mem|kmem)(?![\w-])`;

/** Every rule about disks and file systems. */
export const DISK_RULES: readonly Rule[] = [
  {
    id: "disk_overwrite",
    pattern: "dd_disk",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "of",
      "if",
      "bs",
      "conv",
      "count",
      "status",
      "iflag",
      "oflag",
      "seek",
      "skip",
      "ibs",
      "obs",
    ].map((operand) => `dd ${operand}=`),
    regexp: new RegExp(
      String
        .raw`\bdd (?:of=|(?:if|bs|conv|count|status|iflag|oflag|seek|skip|ibs|obs)=[^\r\n;|&]{0,120}?\bof=)"?${DISK}[^\r\n;|&]{0,60}`,
    ),
    maxLength: 240,
    verify: gradeDd,
    description: "A dd that writes over a disk device.",
    source: "dd(1); MITRE ATT&CK T1561.001 Disk Content Wipe",
    examples: ["dd if=/dev/zero of=/dev/sda bs=1M", "sudo dd if=/dev/urandom of=/dev/nvme0n1"],
    nonExamples: [
      "dd bs=1M if=/dev/zero of=path/to/file",
      "dd if=/dev/source_drive of=/dev/dest_drive",
      "dd if=debian.iso of=/dev/sdX",
      "dd if=x of=/dev/null",
    ],
  },
  {
    id: "disk_redirect",
    pattern: "dd_disk",
    type: "INJECTION",
    severity: "critical",
    directions: BOTH,
    anchors: [
      "cryptsetup ",
      "nvme format",
      "parted ",
      "hdparm ",
      "> /dev/sd",
      ">/dev/sd",
      "> /dev/nvme",
      ">/dev/nvme",
      "> /dev/hd",
      ">/dev/hd",
      "> /dev/vd",
      ">/dev/vd",
      "> /dev/mmcblk",
      ">/dev/mmcblk",
      "> /dev/disk",
      ">/dev/disk",
      "shred ",
      "wipefs ",
      "blkdiscard ",
      "sgdisk ",
    ],
    regexp: new RegExp(
      String
        .raw`> ?\/dev\/(?:[shv]d[a-z]\d{0,2}|nvme\dn\d|mmcblk\d|disk\d)(?![\w-])|\b(?:shred|wipefs|blkdiscard) (?:-{1,2}[\w=-]{1,20} (?:\d{1,3} )?){0,4}${DISK}|\bcryptsetup (?:luksErase|erase) (?:-q )?${DISK}|\bnvme format ${DISK}|\bparted (?:-s )?${DISK} mklabel|\bhdparm [^\r\n]{0,60}?--security-erase|\bsgdisk (?:-Z|--zap-all|-o) ${DISK}`,
    ),
    maxLength: 200,
    description: "A disk device overwritten, wiped or discarded.",
    source: "shred(1), wipefs(8), blkdiscard(8); MITRE ATT&CK T1561",
    examples: ["cat /dev/urandom > /dev/sda", "wipefs -a /dev/sdb", "shred -n 3 -z /dev/nvme0n1"],
    nonExamples: ["echo x > /dev/null", "shred -u secret.txt", "cmd 2> /dev/stderr"],
  },
  {
    id: "mkfs",
    pattern: "mkfs",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["mkfs", "mke2fs", "mkswap", "newfs"],
    regexp: new RegExp(
      String
        .raw`\b(?:mkfs(?:\.\w{2,8})?|mke2fs|mkswap|newfs(?:_\w{2,6})?)\s(?:-{1,2}[\w=-]{1,20}(?:\s{1,3}[\w=,-]{1,20})?\s{1,3}){0,6}?"?${DISK}`,
    ),
    maxLength: 352,
    description: "A file system made over a disk device.",
    source: "mkfs(8), mke2fs(8); MITRE ATT&CK T1561",
    examples: ["mkfs.ext4 /dev/sda1", "sudo mkfs -t ext4 -F /dev/nvme0n1", "mke2fs /dev/hda"],
    nonExamples: ["mkfs.ext4 path/to/partition", "see mkfs(8)", "mkfs.ext4 /dev/sdXY"],
  },
];

function gradeDd(match: RuleMatch): Verdict {
  if (/\bif=\/dev\/(?:zero|u?random)/.test(match.text)) return "critical";
  return /\.(?:iso|img|raw|bin)\b/.test(match.text) ? "low" : "medium";
}
