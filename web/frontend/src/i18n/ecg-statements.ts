/** Statements of ECG reports with the letters that find them: pinyin initials and the usual English short forms. */

export interface EcgStatement {
  codes: string;
  zh: string;
  en: string;
}

const line = (codes: string, zh: string, en: string): EcgStatement => ({ codes, zh, en });

export const ECG_STATEMENTS: readonly EcgStatement[] = [
  line("dxxl sr nsr", "窦性心律", "Sinus rhythm"),
  line("zcxdt nl norm", "正常心电图", "Normal ECG"),
  line("dxxdgs st tachy", "窦性心动过速", "Sinus tachycardia"),
  line("dxxdgh sb brady", "窦性心动过缓", "Sinus bradycardia"),
  line("dxxlbq sa arrh", "窦性心律不齐", "Sinus arrhythmia"),
  line("dxtb sp pause", "窦性停搏", "Sinus pause"),
  line("fc af afib", "心房颤动", "Atrial fibrillation"),
  line("fp afl flut", "心房扑动", "Atrial flutter"),
  line("fxzb pac apb", "房性早搏", "Premature atrial complexes"),
  line("sxzb pvc vpb", "室性早搏", "Premature ventricular complexes"),
  line("jjxzb pjc", "交界性早搏", "Premature junctional complexes"),
  line("pfsxzb fpvc big", "频发室性早搏", "Frequent premature ventricular complexes"),
  line("sxxdgs vt", "室性心动过速", "Ventricular tachycardia"),
  line("sssxxdgs svt psvt", "室上性心动过速", "Supraventricular tachycardia"),
  line("jjxxl jr", "交界性心律", "Junctional rhythm"),
  line("fxxl ear", "房性心律", "Ectopic atrial rhythm"),
  line("qbxl pace pm", "起搏心律", "Paced rhythm"),
  line("ydfscdzz avb1 avb", "一度房室传导阻滞", "First-degree AV block"),
  line("edyxfscdzz avb2 wenck", "二度 I 型房室传导阻滞", "Second-degree AV block, type I"),
  line("edexfscdzz avb2 mob", "二度 II 型房室传导阻滞", "Second-degree AV block, type II"),
  line("sdfscdzz avb3 chb", "三度房室传导阻滞", "Third-degree AV block"),
  line("yszz rbbb", "完全性右束支传导阻滞", "Complete right bundle branch block"),
  line("bwqxyszz irbbb", "不完全性右束支传导阻滞", "Incomplete right bundle branch block"),
  line("zszz lbbb", "完全性左束支传导阻滞", "Complete left bundle branch block"),
  line("zqfzzz lafb lahb", "左前分支阻滞", "Left anterior fascicular block"),
  line("zhfzzz lpfb", "左后分支阻滞", "Left posterior fascicular block"),
  line("snzz ivcd", "室内传导阻滞", "Intraventricular conduction delay"),
  line("yj wpw pre", "心室预激", "Ventricular pre-excitation"),
  line("dpr spr", "短 PR 间期", "Short PR interval"),
  line("dzzp lad", "电轴左偏", "Left axis deviation"),
  line("dzyp rad", "电轴右偏", "Right axis deviation"),
  line("zsfd lvh", "左心室肥大", "Left ventricular hypertrophy"),
  line("zsgdy hvolt", "左心室高电压", "Left ventricular high voltage"),
  line("ysfd rvh", "右心室肥大", "Right ventricular hypertrophy"),
  line("zffd lae", "左心房扩大", "Left atrial enlargement"),
  line("yffd rae", "右心房扩大", "Right atrial enlargement"),
  line("zddy lvolt", "肢体导联低电压", "Low voltage in the limb leads"),
  line(
    "stts ste stemi",
    "ST 段抬高，请结合临床除外急性心肌梗死",
    "ST elevation; rule out acute myocardial infarction",
  ),
  line("stxy std", "ST 段压低", "ST depression"),
  line("tbgb twc", "T 波改变", "T-wave changes"),
  line("tbdz twi", "T 波倒置", "T-wave inversion"),
  line("sttgb sttc", "ST-T 改变", "ST-T changes"),
  line("zqfb erp early", "早期复极", "Early repolarisation"),
  line("qbxjgs ami ant", "前壁心肌梗死图形", "Anterior infarction pattern"),
  line("xbxjgs imi inf", "下壁心肌梗死图形", "Inferior infarction pattern"),
  line("cbxjgs lmi lat", "侧壁心肌梗死图形", "Lateral infarction pattern"),
  line("qjbxjgs asmi sept", "前间壁心肌梗死图形", "Anteroseptal infarction pattern"),
  line("ycqb qw", "异常 Q 波", "Abnormal Q waves"),
  line("qtyc lqt", "QT 间期延长", "Prolonged QT interval"),
  line("qtsd sqt", "QT 间期缩短", "Short QT interval"),
  line("rbdzbl prwp", "胸导联 R 波递增不良", "Poor R-wave progression"),
  line("brgd brug", "Brugada 样改变", "Brugada-like pattern"),
  line("dlfz swap rev", "导联可能接反，请重做", "Possible lead reversal; please repeat"),
  line("gr noise art", "干扰明显，请重做", "Marked artefact; please repeat"),
  line("jyfc fu rep", "建议复查心电图", "Repeat ECG advised"),
  line("dtxdt holter", "建议动态心电图检查", "Ambulatory ECG advised"),
];

const MOST = 8;

/** The statements that `typed` finds: by the beginning of a code, or by a part of the words in either language. */
export function findStatements(typed: string): EcgStatement[] {
  const asked = typed.trim().toLowerCase();
  if (!asked) return [];
  const ranked = ECG_STATEMENTS.map((one) => ({ one, rank: rankOf(one, asked) }));
  return ranked
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ one }) => one);
}

function rankOf(one: EcgStatement, asked: string): number {
  const codes = one.codes.split(" ");
  if (codes.includes(asked)) return 0;
  if (codes.some((code) => code.startsWith(asked))) return 1;
  if (one.zh.includes(asked)) return 2;
  return one.en.toLowerCase().includes(asked) ? 3 : Infinity;
}
