import { ENGLISH_GROUPS } from './thesaurus-data.ts';

/** Everyday Chinese words with one meaning, two characters each, as the comparison of texts goes by pairs of characters. */
const CHINESE_GROUPS = `
价格 价钱 票价 费用 收费 金额;开门 开放 营业 开馆;关门 关闭 停业;购买 采购 购置;丢失 遗失 丢了;赔偿 补偿;退款 退费 退还;小孩 儿童 孩子;
电话 联系 联络;修理 维修 检修;故障 损坏 毛病;更换 替换 调换;质保 保修;申请 提交 申报;请假 休假;工资 薪资 薪酬 薪水;员工 职工 雇员 人员;
公司 企业 单位;禁止 不得 严禁 不准 不许;允许 准许 许可;检查 检验 检测 查验;取消 撤销 作废;开始 起始;结束 截止 终止;增加 提高 上升;减少 降低 下降;
提前 预先 事先;审批 批准 核准 审核;负责 承担;酒店 宾馆 旅馆 住宿;火车 高铁;飞机 机票 航班;罚款 处罚;喝酒 饮酒;吃饭 用餐 就餐;生病 患病;
快递 邮寄 寄送;发货 出货 交货;收到 签收 收货;清洁 清洗 清扫;温度 气温;重量 质量;尺寸 大小 规格;时间 时长 期限;日期 时间;地点 地址 位置;方法 方式 步骤;
原因 理由;顾客 客户 用户;密码 口令;打开 开启 启动;停止 停机;最大 最高 上限;最小 最低 下限;每年 年度;每月 月度;立即 马上 立刻`;

const alternatives = new Map<string, Set<string>>();
for (const group of `${ENGLISH_GROUPS};${CHINESE_GROUPS}`.split(/[;\n]+/)) {
  const words = group.split(' ').filter((word) => word !== '');
  for (const word of words) {
    const others = alternatives.get(word) ?? new Set<string>();
    for (const other of words) if (other !== word) others.add(other);
    alternatives.set(word, others);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Other terms that can mean the same. */
export function synonymsOf(term: string): ReadonlySet<string> {
  return alternatives.get(term) ?? NONE;
}
