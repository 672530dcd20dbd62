/** The page at `/`: reads /status once a second. No build step, nothing from elsewhere. */
export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>tailrace</title>
<style>
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{margin:2rem auto;max-width:60rem;padding:0 1rem}
article{border:1px solid #8884;border-radius:.6rem;padding:1rem 1.2rem;margin:1rem 0}
h2{margin:0 0 .4rem;font-size:1.1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}
dt{color:#888}dd{margin:0;overflow-wrap:anywhere}
.state{font-size:.85rem;padding:.1rem .5rem;border-radius:1rem;background:#8883}
.streaming{background:#2a83}.failed{background:#c336}.retrying{background:#c936}
.error{margin-top:.6rem;padding:.5rem .8rem;border-left:3px solid #c33}
</style></head><body><h1>tailrace</h1><main></main>
<script>
const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!==undefined)e.textContent=text;if(cls)e.className=cls;return e};
const row=(dl,name,value)=>{dl.append(el('dt',name),el('dd',value??'–'))};
async function draw(){
  const main=document.querySelector('main');
  try{
    const {tasks}=await (await fetch('status')).json();
    main.replaceChildren(...tasks.map(t=>{
      const a=el('article'),h=el('h2',t.name+' ');h.append(el('span',t.state,'state '+t.state));a.append(h);
      const dl=el('dl');
      row(dl,'lag',t.lag.seconds===null?'–':t.lag.seconds.toFixed(1)+' s');
      row(dl,'rate',t.rates.transactionsPerSecond+' transactions/s, '+t.rates.rowsPerSecond+' rows/s');
      row(dl,'position',t.position);row(dl,'coordinates',t.coordinates);
      row(dl,'source',t.source.host);row(dl,'in flight',t.lag.bytesInFlight+' bytes');
      a.append(dl);
      if(t.error){const e=el('div',undefined,'error');e.append(el('strong',t.error.code),el('div',t.error.message),el('div',t.error.next));a.append(e)}
      return a}));
  }catch(e){main.replaceChildren(el('p','The process does not answer.'))}
}
draw();setInterval(draw,1000);
</script></body></html>
`;
