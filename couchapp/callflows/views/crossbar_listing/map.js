function(doc) {
  // [account, id]: what a listing of callflows shows, with the modules each one uses.
  if (doc.pvt_type !== 'callflow' || doc.pvt_deleted === true) return;
  var modules = [];
  var waiting = [doc.flow];
  while (waiting.length) {
    var node = waiting.pop();
    if (!node || typeof node !== 'object') continue;
    if (node.module && !(node.data && node.data.skip_module === true) && modules.indexOf(node.module) < 0) {
      modules.push(node.module);
    }
    for (var key in node.children || {}) waiting.push(node.children[key]);
  }
  modules.sort();
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    type: doc.type,
    numbers: doc.numbers || [],
    patterns: doc.patterns || [],
    featurecode: doc.featurecode || false,
    owner_id: doc.owner_id,
    group_id: doc.group_id,
    modules: modules,
    flags: doc.flags || [],
    modified: doc.pvt_modified
  });
}
