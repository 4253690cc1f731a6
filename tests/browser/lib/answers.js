// One complete, fictitious set of answers for each of the twelve procedures, by field name as the forms show it. Groups are lists.
// Dates are worked out from today, so that rules about the past and the future hold on any day.
const day = (offset) => {
  const date = new Date(Date.now() + offset * 86400000 + 9 * 3600000);
  return { era: 'western', year: String(date.getUTCFullYear()), month: String(date.getUTCMonth() + 1), day: String(date.getUTCDate()) };
};
const on = (year, month, dayOfMonth) => ({ era: 'western', year: String(year), month: String(month), day: String(dayOfMonth) });
const name = { family: '町家', given: '花子', family_kana: 'マチヤ', given_kana: 'ハナコ' };
const address = { postal_code: '530-8201', prefecture: '大阪府', city: '大阪市北区', town: '中之島', street: '１丁目３－２０', building: '' };
const organisation = { name: '町家試験株式会社', name_kana: 'マチヤシケン', corporate_number: '9234567890123' };
const company = { organisation, organisation_address: address, representative: '代表取締役 町家太郎', contact_person: name, phone: '06-6208-8000' };
const person = { applicant: name, applicant_address: address, phone: '０６－６２０８－８０００' };
const place = { address: '大阪市北区中之島1丁目', ward: 'kita', lat: '34.6937', lon: '135.5023' };

/** Of resident-record-by-card, which is signed before it is sent: no walk without a card comes to its end. */
export const byCard = { department: 'citizens', answers: { ...person, applicant_birth: on(1985, 2, 3), document: 'household', purpose: '年金の手続', copies: '2' } };

export function procedures(pdf, jpeg) {
  return {
    'resident-record-copy': { department: 'citizens', answers: { relation: 'self', subject_birth: on(1985, 2, 3), document: 'household', copies: '1', purpose: '年金の手続', delivery: 'post', ...person, applicant_birth: on(1985, 2, 3), identity_paper: 'licence' }, decide: ['begin', 'issue'], end: '交付' },
    'change-of-address': { department: 'citizens', answers: { moved_on: day(-5), filed_by: 'head', ...person, old_address: address, old_head: '町家花子', new_address: { ...address, street: '2丁目1' }, new_head: '町家花子', shared_house: 'no', part_move: 'no', members: [{ member_name: name, birth_date: on(1985, 2, 3), relation_to_head: '世帯主', has_card: 'yes', foreign_resident: 'no' }, { member_name: { ...name, given: '一郎', given_kana: 'イチロウ' }, birth_date: on(2015, 5, 6), relation_to_head: '子', has_card: 'no', foreign_resident: 'no' }] }, decide: ['accept'], end: '受理' },
    'dog-registration': { department: 'health', answers: { request: 'new', dog_name: 'ポチ', breed: '柴犬', born: day(-400), colour: '茶', sex: 'male', chipped: 'no', has_proof: 'yes', vaccinated: day(-30), proof: jpeg, ...person, acquired: day(-300) }, decide: ['begin', 'accept'], end: '受理' },
    'health-insurance-enrolment': { department: 'welfare', answers: { reason: 'left-employer', reason_date: day(-10), loss_certificate: pdf, filed_by: 'head', ...person, joiners: [{ joiner_name: name, birth_date: on(1985, 2, 3), relation_to_head: '世帯主', foreign_resident: 'no', use_my_number_card: 'yes' }] }, decide: ['accept'], end: '受理' },
    'road-occupancy': { department: 'construction', answers: { manager: 'city', place_text: '市道中之島線1番', place, part: 'sidewalk', sidewalk_width: '4', object: 'scaffold', purpose: '外壁の修理', length: '12.3', depth: '1', height: '0', from: day(30), until: day(74), works: '昼間に組み立てる', restoration: '清掃して戻す', police_permit: 'yes', drawings: pdf, site_photos: jpeg, ...company }, decide: ['begin', 'grant', 'confirm'], end: '許可' },
    'housing-interest-subsidy': { department: 'housing', answers: { household_type: 'newlywed', birth_date: on(1995, 2, 3), has_partner: 'yes', partner_birth_date: on(1996, 6, 1), married_on: day(-200), home_address: address, home_kind: 'apartment', floor_area: '65.5', contract_date: day(-60), owned_before: 'no', bank_name: '町家試験銀行', loan_amount: '20,000,000', rate: '1.0', years: '35', first_repayment: day(40), income: '6000000', ...person, contract_copy: pdf, income_proof: pdf, pledge: 'yes' }, decide: ['begin', 'evaluate', 'adopt', 'confirm'], end: '採択' },
    'vacant-house-owner': { department: 'planning', answers: { house_address: address, structure: 'wood', floors: '2', built_year: '1970', ownership: 'sole', wish: ['sell'], bodies: ['realtors', 'lawyers'], shared_items: ['name', 'phone'], consent_until: day(200), ...person, consent: 'yes' }, decide: ['begin', 'provide', 'confirm'], end: '情報提供中' },
    'demonstration-field': { department: 'economy', answers: { ...company, project_title: '清掃ロボットの実証', fields: ['robot'], aim: '公園の清掃の省力化', kpi: '清掃時間を半分に', benefit: 'きれいな公園', kind_of_place: 'park', wish_ward: 'kita', area: '500', from: day(60), until: day(74), permits: ['park'], safety_plan: '係員が付き添う', insured: 'yes', insurance_papers: pdf, films_people: 'no', agree_costs: 'yes' }, decide: ['begin', 'evaluate', 'adopt', 'confirm'], end: '採択' },
    'sme-digital-check': { department: 'economy', anonymous: true, answers: { industry: 'manufacturing', size: 's50', ward: 'yodogawa', key_vision: '3', key_urgency: '3', key_commitment: '3', key_culture: '2', key_structure: '2', key_people: '2', key_business: '3', key_systems: '2', key_governance: '2', needs: ['advice'] }, decide: [], end: '診断済み' },
    'base-station-site': { department: 'contracts', answers: { is_carrier: 'yes', carrier_number: '第1号', ...company, facility_name: '町家試験会館', facility_address: address, facility_kind: 'office', spot: 'roof', equipment: 'アンテナ2基', area: '4', weight: '80', band: '3.7GHz', structural_check: pdf, emission_ok: 'yes', from: day(30), months: '12', sharing: 'yes', access: '事前に連絡する', removal: '期間満了時に撤去' }, decide: ['begin', 'grant', 'confirm'], end: '許可' },
    'fiveg-product-programme': { department: 'economy', answers: { ...company, is_small: 'yes', in_city: 'yes', theme: '遠隔操作ロボット', why_fiveg: '遅延が小さいため', support: ['lab', 'subsidy'], costs: '7,350,000', ordered_already: 'no', estimate: pdf, secrecy: 'yes', may_publish: 'yes' }, decide: ['begin', 'evaluate', 'adopt', 'confirm'], end: '採択' },
    'road-park-report': { department: 'construction', anonymous: true, answers: { category: 'road.pothole', danger: 'no', photo: jpeg, place, detail: '直径30cmくらい' }, decide: ['assign', 'inspect', 'fix'], end: '対応済' },
  };
}

/** The answer to a form field ("born.year", "dog_name") from a set of answers; undefined when it has none. */
export function answerFor(field, answers) {
  const [head, part] = field.split('.');
  const value = answers[head];
  if (value === undefined) return undefined;
  if (part === undefined) return typeof value === 'object' && !Array.isArray(value) && !(value instanceof File) && !value?.bytes ? undefined : value;
  return typeof value === 'object' && !Array.isArray(value) ? value[part] : undefined;
}
